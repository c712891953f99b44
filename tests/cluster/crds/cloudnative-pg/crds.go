//go:build crds

// CloudNativePG's resources, as the operator's code declares them.
package crds

import (
	_ "github.com/cloudnative-pg/cloudnative-pg/api/v1"
	_ "sigs.k8s.io/controller-tools/cmd/controller-gen"
)
