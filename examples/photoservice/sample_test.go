package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/scope"
	"github.com/postern-go/postern/token"
)

// A flood of one reason fills no disk and hides no other reason.
func TestRefusalsAreSampled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		o := newOperator(&log)
		for range 10_000 {
			o.refused(context.Background(), scope.Decision{Route: "GET /photos", Err: token.ErrMissing})
		}
		o.refused(context.Background(), scope.Decision{Route: "GET /photos", Err: token.ErrExpired})
		assert.Equal(t, linesPerReason, strings.Count(log.String(), "reason=missing"))
		assert.Equal(t, 1, strings.Count(log.String(), "reason=expired"))

		time.Sleep(sampleWindow)
		log.Reset()
		o.refused(context.Background(), scope.Decision{Route: "GET /photos", Err: token.ErrMissing})
		assert.Contains(t, log.String(), "left_out=9990")
	})
}
