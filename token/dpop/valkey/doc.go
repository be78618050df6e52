// Package valkey keeps the proofs that a service has seen in a Valkey or Redis
// server, so that all replicas of the service take each of them once
// (RFC 9449 §11.1). It is a module of its own: services without it do not have
// the client among their requirements.
//
//	store, err := valkey.New(valkey.Config{URL: "rediss://postern:secret@store.internal:6379"})
//	...
//	defer store.Close()
//	checker, err := dpop.New(dpop.Config{Store: store})
//
// New makes no connection: a service starts whether its store is up or not. The
// store connects when it is first used, and again after a failure, at growing
// intervals of at most a second. Whenever it cannot tell whether a proof was
// used, it returns an error in time, and the guards answer 503 or UNAVAILABLE
// with the reason replay_store_unavailable. A call that is not answered in time
// may or may not have been written, so nothing is repeated: the client makes a
// new proof anyway.
//
// # Restarts
//
// A server that has lost what it held would let each of the last proofs in a
// second time. That happens when it restarts without persistence or from a
// snapshot, when its data is deleted, and when a replica takes over that had not
// received everything. The store notices by a mark: a key with the run id of the
// server process. If the mark is missing or names another process, then all
// replicas of the service refuse calls until the proofs from before have expired,
// about a minute and a half with the defaults of dpop.Config. A new server has no
// mark either. Config.AfterRestart has two other choices: with RefuseEarlier only
// proofs from before are refused, so that service goes on at once.
//
// The mark is read in the same connection and after the proof was written, so
// that it does not matter when the server is lost, and which replica notices
// first.
//
// # Servers
//
// The server is one process that takes writes: Valkey, Redis from version 5 on,
// or a managed primary endpoint. With Config.Addresses, the store takes the first
// that is a primary. A cluster is refused: bring a client for it as dpop.SetNX.
// Do not put a proxy in between that shares connections to several servers: the mark
// means nothing behind one.
//
// The server needs maxmemory-policy noeviction, since any other policy forgets
// proofs when memory is short. If CONFIG GET is permitted, another policy shows
// among the warnings of Status and of Trace. The commands that the user of the
// store needs are HELLO, AUTH, SELECT, PING, SET, GET, MGET and INFO, and better CONFIG
// GET, on keys that begin with Config.Prefix.
package valkey
