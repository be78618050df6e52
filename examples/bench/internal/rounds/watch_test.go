package rounds

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBusy(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 10*time.Millisecond*(1+2+4+64+128+256), busyOf("cpu  1 2 4 8 16 64 128 256 512 1024"))
	assert.Zero(t, busyOf(""))
	assert.GreaterOrEqual(t, busy(), time.Duration(0))
}
