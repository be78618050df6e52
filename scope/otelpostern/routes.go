package otelpostern

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/postern-go/postern/scope"
)

// mostRoutes times the kinds of decisions is below 2000, the number of series
// that the SDK keeps apart for an instrument.
const mostRoutes = 64

// routes are the options of the counter for each route that the program has
// listed. The table is replaced as a whole, so that calls read it without a lock.
type routes struct {
	enabled bool
	kinds   []kind
	table   atomic.Pointer[map[route][][]metric.AddOption]
	adding  sync.Mutex
}

type route struct {
	transport int
	pattern   string
}

// of returns false for a call without a route of its own.
func (r *routes) of(d scope.Decision, transport, kind int) ([]metric.AddOption, bool) {
	if !r.enabled || !d.Listed || d.Route == "" {
		return nil, false
	}
	wanted := route{transport, d.Route}
	if table := r.table.Load(); table != nil {
		if options, known := (*table)[wanted]; known {
			return options[kind], true
		}
		if len(*table) >= mostRoutes {
			return nil, false
		}
	}
	options := r.add(wanted, d)
	if options == nil {
		return nil, false
	}
	return options[kind], true
}

func (r *routes) add(wanted route, d scope.Decision) [][]metric.AddOption {
	r.adding.Lock()
	defer r.adding.Unlock()
	table := map[route][][]metric.AddOption{}
	if before := r.table.Load(); before != nil {
		table = maps.Clone(*before)
	}
	if options, known := table[wanted]; known || len(table) >= mostRoutes {
		return options
	}
	var options [][]metric.AddOption
	for _, k := range r.kinds {
		options = append(options, k.options(transports[wanted.transport], routeAttribute(d)))
	}
	table[wanted] = options
	r.table.Store(&table)
	return options
}

// routeAttribute is the route as the conventions of OpenTelemetry write it: a
// pattern of ServeMux without method and host, a method of gRPC without the
// slash in front.
func routeAttribute(d scope.Decision) attribute.KeyValue {
	if d.Transport == scope.GRPC {
		return attribute.String(RPCMethod, strings.TrimPrefix(d.Route, "/"))
	}
	path := d.Route
	if at := strings.IndexByte(path, '/'); at > 0 {
		path = path[at:]
	}
	return attribute.String(HTTPRoute, path)
}
