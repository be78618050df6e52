package main

import (
	"context"
	"io"
	"net/http"

	"google.golang.org/grpc"

	"github.com/postern-go/postern/examples/internal/photoserver"
	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// service is both faces of the service.
type service struct {
	http http.Handler
	grpc *grpc.Server
}

func newService(auth token.Authenticator, trace *scope.Trace) (service, error) {
	h, rpc, err := photoserver.New(auth, scope.Resource{Realm: "photos"}, trace)
	return service{h, rpc}, err
}

func refusalsTo(log io.Writer) *scope.Trace { return photoserver.RefusalsTo(log) }

func parse(args []string, out io.Writer) (photoserver.Options, error) {
	return program.Parse(args, out)
}

func run(ctx context.Context, o photoserver.Options, out, log io.Writer) error {
	return photoserver.Run(ctx, o, out, log)
}
