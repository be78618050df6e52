// Command photoservice-valkey is the photoservice with a replay store that its
// replicas share, in a Valkey or Redis server. It is in a module of its own; start it
// in its directory:
//
//	go run . -listen 127.0.0.1:8080 -grpc-listen 127.0.0.1:8081 \
//	    -issuer https://login.example.com -audience https://photos.example.com \
//	    -dpop require -base-url https://photos.example.com -replay redis://127.0.0.1:6379
//
// Replicas that demand nonces also share the keys of these, in a file with one key a
// line:
//
//	openssl rand -base64 32 > nonce-keys
//	go run . ... -dpop-nonce -dpop-nonce-keys nonce-keys
//
// To change the key, put a new one last in the file and restart the replicas, one
// after the other; then put it first and restart them, and at last drop the old one.
//
// It starts whether the store can be reached or not. Until it can, calls with a proof
// are answered 503 (gRPC UNAVAILABLE).
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/postern-go/postern/examples/internal/bound"
	"github.com/postern-go/postern/examples/internal/photoserver"
	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/dpop/valkey"
)

func main() { os.Exit(program(os.Stderr).Main()) }

// program is the photoservice with the flags of the store.
func program(log io.Writer) photoserver.Program {
	var f flags
	return photoserver.Program{
		Name: "photoservice-valkey", Flags: f.register, Check: f.check,
		Store: func() (dpop.ReplayStore, func(), error) { return f.open(log) },
	}
}

type flags struct{ url, restart string }

func (f *flags) register(set *flag.FlagSet) {
	set.StringVar(&f.url, "replay", "", "`URL` of the server that remembers proofs, redis://HOST:PORT or rediss://USER:PASSWORD@HOST:PORT/DATABASE; empty: the memory of the process")
	set.StringVar(&f.restart, "replay-restart", "earlier", "what is refused after the server has forgotten proofs: `all`, earlier ones, or none")
}

var choices = map[string]valkey.AfterRestart{"all": valkey.RefuseAll, "earlier": valkey.RefuseEarlier, "none": valkey.TrustServer}

func (f *flags) check(tokens *bound.Flags) error {
	_, known := choices[f.restart]
	switch {
	case !known:
		return errors.New("-replay-restart is all, earlier or none")
	case f.url != "" && !tokens.TakesProofs():
		return errors.New("-replay needs -dpop accept or -dpop require")
	case f.url != "" && tokens.LocalNonces():
		return errors.New("-replay and -dpop-nonce need -dpop-nonce-keys, or replicas refuse the nonces of each other")
	}
	return nil
}

// open makes the store. If the server is up and new, it waits until proofs are made
// that are not from before, which is a second at most.
func (f *flags) open(log io.Writer) (dpop.ReplayStore, func(), error) {
	if f.url == "" {
		return nil, nil, nil
	}
	choice := choices[f.restart]
	store, err := valkey.New(valkey.Config{URL: f.url, AfterRestart: choice, Trace: traceTo(slog.New(slog.NewTextHandler(log, nil)))})
	if err != nil {
		return nil, nil, err
	}
	if err := store.Ready(context.Background()); err == nil && choice == valkey.RefuseEarlier {
		time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second)))
	}
	return store, store.Close, nil
}

// traceTo tells the operator how the store is. Failures of calls are among the
// refusals.
func traceTo(log *slog.Logger) *valkey.Trace {
	return &valkey.Trace{
		Connect: func(c valkey.Connection) {
			if c.Err != nil {
				log.Error("the replay store cannot be reached", "error", c.Err)
				return
			}
			log.Info("connected to the replay store", "address", c.Address)
			for _, warning := range c.Warnings {
				log.Warn("the replay store may forget proofs", "warning", warning)
			}
		},
		Restart: func(refusing time.Duration) {
			log.Warn("the replay store had forgotten proofs", "refusing_all_for", refusing)
		},
	}
}
