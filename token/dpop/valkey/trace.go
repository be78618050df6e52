package valkey

import (
	"fmt"
	"time"
)

// Trace has hooks for operators. Each may be nil. They may be called concurrently
// and must return soon, since a call may wait for them. A panic of a hook is
// contained, and shows in Status.
type Trace struct {
	// Connect is called after each attempt to connect.
	Connect func(Connection)
	// Restart is called when the store finds that the server has forgotten proofs,
	// with how long all calls are refused from now on: zero with RefuseEarlier. Several
	// replicas may notice at the same time.
	Restart func(refusing time.Duration)
	// Use is called after each question, with how long it took, and a nil error if
	// the server could tell.
	Use func(took time.Duration, err error)
}

// Connection is an attempt to connect.
type Connection struct {
	// Address is the one that was used, or "" if the attempt failed.
	Address string
	// Warnings say what is wrong with the settings of the server, a line each.
	Warnings []string
	// Err is why the attempt failed, or nil. With several addresses, it is that of
	// the last.
	Err error
}

// Status is what a Store knows about its server, for a page that operators see.
type Status struct {
	// Connected says that there is a connection.
	Connected bool `json:"connected"`
	// Address is the server that the store is connected to.
	Address string `json:"address,omitempty"`
	// Warnings are those of the connection.
	Warnings []string `json:"warnings,omitempty"`
	// LastSuccess is when the server last could tell whether a proof was used.
	LastSuccess time.Time `json:"last_success,omitzero"`
	// Latency is how long that took.
	Latency time.Duration `json:"latency_ns,omitempty"`
	// FailingSince is when calls began to fail that have failed ever since, or zero
	// if the last one did not.
	FailingSince time.Time `json:"failing_since,omitzero"`
	// LastError is why the last one failed that did, in one line. It stays after a
	// success.
	LastError string `json:"last_error,omitempty"`
	// LastPanic is what a hook panicked with last.
	LastPanic string `json:"last_panic,omitempty"`
}

// observer calls the hooks and keeps the Status.
type observer struct {
	trace *Trace
	state *state
}

func (o observer) used(began time.Time, err error) {
	took := time.Since(began)
	o.state.used(time.Now(), took, err)
	if o.trace != nil && o.trace.Use != nil {
		defer o.contain()
		o.trace.Use(took, err)
	}
}

func (o observer) connected(c Connection) {
	if o.trace != nil && o.trace.Connect != nil {
		defer o.contain()
		o.trace.Connect(c)
	}
}

func (o observer) restarted(refusing time.Duration) {
	if o.trace != nil && o.trace.Restart != nil {
		defer o.contain()
		o.trace.Restart(refusing)
	}
}

func (o observer) contain() {
	if p := recover(); p != nil {
		o.state.panicked(fmt.Sprint(p))
	}
}
