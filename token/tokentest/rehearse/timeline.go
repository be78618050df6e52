package rehearse

import (
	"bytes"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/postern-go/postern/token/tokentest"
)

// record is what happened in a phase.
type record struct {
	phase      phase
	at, lasted time.Duration

	calls, admitted, refused, unavailable, requests int
	slowest                                         time.Duration
}

func (r *record) count(a tokentest.Answer, took time.Duration) {
	r.calls++
	r.slowest = max(r.slowest, took)
	switch {
	case a.Admitted:
		r.admitted++
	case isUnavailable(a):
		r.unavailable++
	case isVerdict(a):
		r.refused++
	}
}

// String is a timeline of the scenario: its phases, how many calls were made in
// each and what became of them, how long the slowest took, and how many
// requests came to the issuer.
func (r Result) String() string {
	if r.Skipped != "" {
		return fmt.Sprintf("%s: %s: skipped: %s\n", r.Group, r.Name, r.Skipped)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s (%v simulated, %d violations)\n", r.Group, r.Name, r.Simulated, len(r.Violations))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FROM\tLASTED\tPHASE\tCALLS\tADMITTED\tREFUSED\tUNAVAILABLE\tSLOWEST\tREQUESTS TO THE ISSUER\tVERDICT")
	for _, p := range r.phases {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%v\t%d\t%s\n", clock(p.at), clock(p.lasted), p.phase.name,
			p.calls, p.admitted, p.refused, p.unavailable, p.slowest, p.requests, r.verdictOf(p))
	}
	_ = w.Flush()
	return b.String()
}

func (r Result) verdictOf(p *record) string {
	failed := 0
	for _, v := range r.Violations {
		if v.Phase == p.phase.name {
			failed += v.Count
		}
	}
	if failed == 0 {
		return "ok"
	}
	return fmt.Sprintf("FAILED %d times", failed)
}
