// The two parts of Argo CD that bring manifests to a cluster, and the cache that they share, as one program. Argo CD's
// own program has its server, with a user interface that is built apart, in it too.
package main

import (
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/spf13/cobra"
)

// cache serves Redis' protocol from memory. Its entries grow old by the second, as they would in Redis.
func cache(address string) error {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(address); err != nil {
		return err
	}
	for range time.Tick(time.Second) {
		server.FastForward(time.Second)
	}
	return nil
}

func main() {
	root := &cobra.Command{Use: "argo-cd", SilenceUsage: true}
	control, serve := controller.NewCommand(), reposerver.NewCommand()
	control.Use, serve.Use = "application-controller", "repo-server"
	root.AddCommand(control, serve, &cobra.Command{
		Use:  "cache ADDRESS",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, arguments []string) error { return cache(arguments[0]) },
	})
	if root.Execute() != nil {
		os.Exit(1)
	}
}
