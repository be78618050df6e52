// Package alerts is a service whose guard is watched by Prometheus in both ways
// there are: with package prompostern, and with package otelpostern and an
// exporter. Its tests hold the queries in docs/operators.md: every metric, label
// and value in them is one that such a service shows, and each alert fires for
// its fault and for no other.
//
// It is a module of its own, so that neither Prometheus nor OpenTelemetry becomes
// a requirement of postern, and Prometheus' query engine becomes none of
// prompostern.
package alerts
