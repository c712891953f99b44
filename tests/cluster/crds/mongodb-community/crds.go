//go:build crds

// The replica set of MongoDB's community operator, as its code declares it.
package crds

import (
	_ "github.com/mongodb/mongodb-kubernetes-operator/api/v1"
	_ "sigs.k8s.io/controller-tools/cmd/controller-gen"
)
