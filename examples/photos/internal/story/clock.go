package story

import (
	"fmt"
	"sync/atomic"
	"time"
)

// clock is the time of the story. It runs like the real one, and can be moved
// on, so that tokens and key sets grow old without anybody waiting. Every
// service of the story shares it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) moveOn(d time.Duration) { c.ahead.Add(int64(d)) }

// minutes says how many there are in d.
func minutes(d time.Duration) string { return fmt.Sprintf("%.0f minutes", d.Minutes()) }
