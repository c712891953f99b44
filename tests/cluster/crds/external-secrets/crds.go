//go:build crds

// External Secrets' resources and generators, as the operator's code declares them.
package crds

import (
	_ "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	_ "github.com/external-secrets/external-secrets/apis/generators/v1alpha1"
	_ "sigs.k8s.io/controller-tools/cmd/controller-gen"
)
