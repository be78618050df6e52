package grpcauth

import "context"

// pump performs one direction's operations of a stream in a goroutine of its
// own, one at a time, so that whoever waits for one can be released when the
// context ends. grpc-go offers no other way to interrupt an operation that
// waits for the peer, short of returning from the handler.
//
// The goroutine starts with the first operation and ends with the context. If
// it is inside an operation then, grpc-go ends that one when the interceptor
// returns.
type pump struct {
	ctx     context.Context
	op      func(any) error
	over    func() error // the error once the context has ended
	many    bool         // more than one operation is to be expected
	running bool
	calls   chan any
	results chan result
}

// result is how an operation ended.
type result struct {
	err      error
	panicked any
}

func newPump(ctx context.Context, op func(any) error, over func() error, many bool) *pump {
	return &pump{ctx: ctx, op: op, over: over, many: many}
}

// do performs the operation on m. Like the operation itself, it must not be
// called concurrently.
func (p *pump) do(m any) error {
	if p.ctx.Err() != nil {
		return p.over()
	}
	p.start()
	select {
	case p.calls <- m:
	case <-p.ctx.Done():
		return p.over()
	}
	select {
	case r := <-p.results:
		return r.returned()
	case <-p.ctx.Done():
		return p.over()
	}
}

func (p *pump) start() {
	if p.running {
		return
	}
	p.running = p.many
	p.calls = make(chan any)
	// Room for one, so that the goroutine never waits for whoever gave up.
	p.results = make(chan result, 1)
	go p.run(p.calls, p.results)
}

// run performs what comes in, or just one operation where no more is to be
// expected: a stream may stay open for days, and the goroutine would too.
func (p *pump) run(calls <-chan any, results chan<- result) {
	for {
		select {
		case m := <-calls:
			results <- p.perform(m)
		case <-p.ctx.Done():
			return
		}
		if !p.many {
			return
		}
	}
}

// perform carries a panic over to the goroutine that asked, where the server's
// interceptors expect it.
func (p *pump) perform(m any) (r result) {
	defer func() { r.panicked = recover() }()
	return result{err: p.op(m)}
}

func (r result) returned() error {
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r.err
}
