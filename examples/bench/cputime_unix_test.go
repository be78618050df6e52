//go:build unix

package bench_test

import (
	"syscall"
	"time"
)

// cpuTime is what the whole process has used of processors, collecting of
// garbage included. Unlike the time on the wall it hardly grows while others
// keep the machine busy.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
