// Command protogen writes the Go code of a .proto file beside it, as protoc with
// protoc-gen-go does. It needs nothing but Go, so that everyone who changes such a
// file can run go generate:
//
//	go run . -I ../../../grpcauth/protopolicy postern/v1/policy.proto
//
// The first -I is where the file is, any other where its imports are.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "protogen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var roots []string
	for len(args) > 1 && args[0] == "-I" {
		roots, args = append(roots, args[1]), args[2:]
	}
	if len(roots) == 0 || len(args) != 1 {
		return fmt.Errorf("usage: protogen -I DIR [-I DIR ...] FILE")
	}
	name, code, err := generate(roots, args[0])
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(roots[0], name), code, 0o644)
}
