//go:build programs

// The programs that are built beside this one; naming them here pins what they are made of.
package main

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
