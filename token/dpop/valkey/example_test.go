package valkey_test

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/postern-go/postern/token/dpop"
	"github.com/postern-go/postern/token/dpop/valkey"
)

func ExampleNew() {
	store, err := valkey.New(valkey.Config{
		URL:    "rediss://postern:secret@store.internal:6379",
		Prefix: "photos:dpop:",
		Trace: &valkey.Trace{
			Connect: func(c valkey.Connection) { fmt.Println(c.Address, c.Warnings, c.Err) },
			Restart: func(refusing time.Duration) { fmt.Println("calls are refused for", refusing) },
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	_, err = dpop.New(dpop.Config{Store: store})
	fmt.Println(store, err)
	// Output: replay store at store.internal:6379 <nil>
}

func ExampleStore_Use() {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	// This server loses nothing, and does not tell its run id.
	store, err := valkey.New(valkey.Config{Addresses: []string{server.Addr()}, AfterRestart: valkey.TrustServer})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	proof := [32]byte{1, 2, 3}
	for range 2 {
		fmt.Println(store.Use(context.Background(), proof, 95*time.Second))
	}
	// Output:
	// true <nil>
	// false <nil>
}

func ExampleStore_Status() {
	store, err := valkey.New(valkey.Config{Addresses: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	status := store.Status()
	fmt.Println(status.Connected, status.FailingSince.IsZero())
	// Output: false true
}

func ExampleStore_Ready() {
	store, err := valkey.New(valkey.Config{Addresses: []string{"127.0.0.1:1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	store.Close()
	fmt.Println(store.Ready(context.Background()))
	// Output: dpop/valkey: the store is closed
}
