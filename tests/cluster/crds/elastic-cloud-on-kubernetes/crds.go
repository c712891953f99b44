//go:build crds

// Elasticsearch as the operator of Elastic declares it.
package crds

import (
	_ "github.com/elastic/cloud-on-k8s/v3/pkg/apis/elasticsearch/v1"
	_ "sigs.k8s.io/controller-tools/cmd/controller-gen"
)
