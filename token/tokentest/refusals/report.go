package refusals

import (
	"bytes"
	"fmt"
	"testing"
	"text/tabwriter"

	"github.com/postern-go/postern/token/tokentest"
)

// Result is the outcome of one attack.
type Result struct {
	Attack Attack
	// Answer is what the service answered.
	Answer tokentest.Answer
	// Skipped says why the attack was not made, or is "".
	Skipped string
	// Err is nil if the service refused as it should, and otherwise matches
	// one of ErrAdmitted, ErrAnswer, ErrFetched and ErrEcho, or ErrRefused if
	// a good token was not let in.
	Err error
}

// Report is a table of results for a reader: the attack, the service's answer,
// and the attacker's gain.
func Report(results []Result) string {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "VERDICT\tATTACK\tANSWER\tWHY IT IS DANGEROUS")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%s: %s\t%s\t%s\n", r.verdict(), r.Attack.Group, r.Attack.title(), r.Answer, r.Attack.Why)
	}
	_ = w.Flush()
	return b.String()
}

func (r Result) verdict() string {
	switch {
	case r.Err != nil:
		return "FAILED"
	case r.Skipped != "":
		return "skipped"
	case r.Answer.Admitted:
		return "let in"
	default:
		return "refused"
	}
}

func (r Result) report(t *testing.T) {
	t.Helper()
	if r.Skipped != "" {
		t.Skip(r.Skipped)
	}
	if r.Err != nil {
		t.Errorf("%s: %v.\nWhy this is dangerous: %s", r.Attack.Name, r.Err, r.Attack.Why)
	}
}

// title is the name of the attack after that of its row.
func (a Attack) title() string {
	if a.Row == "" {
		return a.Name
	}
	return "C_" + a.Row + " " + a.Name
}
