package middleware_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-go/postern/middleware"
	"github.com/postern-go/postern/scope"
)

// BenchmarkRequireSize shows what the middleware itself does to each byte of a
// token: it looks at all of them, to be sure that they are a token at all.
func BenchmarkRequireSize(b *testing.B) {
	guard := middleware.New(instant{newWorld(b).verified(b)}, nil).Require(scope.Authenticated)(nothing)
	for _, size := range []int{8, 900, 4096} {
		r := request("Bearer " + strings.Repeat("aZ9-_xyz", size/8))
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				guard.ServeHTTP(&sink{}, r)
			}
		})
	}
}
