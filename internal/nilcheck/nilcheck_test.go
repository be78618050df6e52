package nilcheck_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/postern-go/postern/internal/nilcheck"
)

func TestIs(t *testing.T) {
	t.Parallel()
	type value struct{ P *int }
	for name, c := range map[string]struct {
		value any
		want  bool
	}{
		"nil":             {nil, true},
		"a nil error":     {error(nil), true},
		"nil pointer":     {(*value)(nil), true},
		"nil map":         {map[string]int(nil), true},
		"nil slice":       {[]int(nil), true},
		"nil func":        {(func())(nil), true},
		"nil channel":     {(chan int)(nil), true},
		"pointer":         {&value{}, false},
		"struct of a nil": {value{}, false},
		"empty map":       {map[string]int{}, false},
		"empty slice":     {[]int{}, false},
		"func":            {func() {}, false},
		"string":          {"", false},
		"error":           {errors.New("x"), false},
	} {
		assert.Equal(t, c.want, nilcheck.Is(c.value), name)
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "nil", nilcheck.Shown(nil))
	assert.Equal(t, "nil", nilcheck.Shown(error(nil)))
	assert.Equal(t, "a nil *int", nilcheck.Shown((*int)(nil)))
	assert.Equal(t, "a nil func()", nilcheck.Shown((func())(nil)))
}
