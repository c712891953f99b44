// The key-value store that the API server keeps its objects in, as a program. Its module's own program cannot be
// built from another one, and all programs of the control plane are to come from one set of pinned modules.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
