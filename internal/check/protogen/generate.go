package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// generate returns the Go code of a file below the first of the directories, and
// its name there.
func generate(roots []string, file string) (name string, code []byte, err error) {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: roots}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), file)
	if err != nil {
		return "", nil, err
	}
	plugin, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{file},
		Parameter:      proto.String("paths=source_relative"),
		ProtoFile:      withImports(files[0], map[string]bool{}),
	})
	if err != nil {
		return "", nil, err
	}
	internal_gengo.GenerateFile(plugin, plugin.FilesByPath[file])
	answer := plugin.Response()
	switch {
	case answer.Error != nil:
		return "", nil, errors.New(answer.GetError())
	case len(answer.File) != 1:
		return "", nil, errors.New("want one file of code")
	}
	return filepath.FromSlash(answer.File[0].GetName()), []byte(answer.File[0].GetContent()), nil
}

// withImports is a file behind all that it imports.
func withImports(file protoreflect.FileDescriptor, seen map[string]bool) (all []*descriptorpb.FileDescriptorProto) {
	if seen[file.Path()] {
		return nil
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		all = append(all, withImports(file.Imports().Get(i).FileDescriptor, seen)...)
	}
	return append(all, protodesc.ToFileDescriptorProto(file))
}
