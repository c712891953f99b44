//go:build crds

// Argo CD's resources, as its own code declares them.
package crds

import (
	_ "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	_ "sigs.k8s.io/controller-tools/cmd/controller-gen"
)
