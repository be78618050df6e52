package rounds

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// tolerated is what share of the machine others may use without being said to
// disturb a measurement.
const tolerated = 0.1

// watch tells what others did with the machine for a while.
type watch struct {
	begin time.Time
	busy  time.Duration
}

func newWatch() watch { return watch{time.Now(), busy()} }

// others is the share of all processors that was not idle, and not used by
// the process that has ended. It is 0 where the system does not tell.
func (w watch) others(ended *os.ProcessState) float64 {
	used := busy() - w.busy - ended.UserTime() - ended.SystemTime()
	return max(0, float64(used)/float64(time.Since(w.begin))/float64(runtime.NumCPU()))
}

// busy is for how long processors have not been idle since the system started,
// from the first line of /proc/stat, or 0 where there is none. See proc_stat(5).
func busy() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return busyOf(first)
}

// busyOf adds up all but the fourth and fifth number, in which processors were
// idle, and those after the eighth, which are counted before.
func busyOf(line string) (total time.Duration) {
	const tick = 10 * time.Millisecond
	for i, field := range strings.Fields(line) {
		n, err := strconv.Atoi(field)
		if err != nil || i == 4 || i == 5 || i > 8 {
			continue
		}
		total += time.Duration(n) * tick
	}
	return total
}
