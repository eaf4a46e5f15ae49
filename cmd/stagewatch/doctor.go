package main

import "github.com/spf13/cobra"

func doctorCommand() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "Tell what is there and what to do: engine, builder, base images, port, watch limits"}
}
