package guard_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/guard"
)

// A path climbs if dots are left at its start once each pair of a segment and the
// dots behind it is gone.
func FuzzClimbs(f *testing.F) {
	for _, path := range []string{"", "/", "/a", "/..", "/a/..", "/a/../..", "/./../a", "/%2e%2E", "/%2e./a", "//..", "//../..", "/a%2F../..", "/...", "/..a/..", "*", "/a/./b/../../../c/d"} {
		f.Add(path)
	}
	pair, dot := regexp.MustCompile(`/([^/]*)/\.\.(/|$)`), regexp.MustCompile(`/\.(/|$)`)
	f.Fuzz(func(t *testing.T, path string) {
		if path != "" && path[0] != '/' || strings.Contains(path, "\n") || !utf8.ValidString(path) {
			return
		}
		left := strings.NewReplacer("%2e", ".", "%2E", ".").Replace(path)
		for again := true; again; {
			again = false
			for _, m := range dot.FindAllStringSubmatchIndex(left, 1) {
				left, again = left[:m[0]]+left[m[2]:], true
			}
			if again {
				continue
			}
			for _, m := range pair.FindAllStringSubmatchIndex(left, -1) {
				if left[m[2]:m[3]] != ".." {
					left, again = left[:m[0]]+left[m[4]:], true
					break
				}
			}
		}
		climbs := left == "/.." || strings.HasPrefix(left, "/../")
		assert.Equal(t, climbs, guard.Climbs(path), "%q", path)
	})
}
