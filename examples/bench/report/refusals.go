package main

import (
	"fmt"
	"strings"

	"github.com/postern-go/postern/examples/bench"
)

// refusals says which tokens each peer lets in that are no good, as it is set
// up here. What all of them refuse is left out.
func refusals() (string, error) {
	var b strings.Builder
	b.WriteString("### Who refuses what\n\n| |")
	peers := cold()
	for _, name := range peers {
		fmt.Fprintf(&b, " %s |", name)
	}
	fmt.Fprintf(&b, "\n|---|%s\n", strings.Repeat("---|", len(peers)))
	issuer := bench.NewIssuer("ES256")
	for _, attack := range bench.Attacks {
		if attack.Everyone {
			continue
		}
		row, err := verdicts(issuer, attack)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| %s | %s |\n", attack.Name, strings.Join(row, " | "))
	}
	return b.String() + "\n", nil
}

func verdicts(issuer *bench.Issuer, attack bench.Attack) (row []string, err error) {
	for _, peer := range bench.Peers {
		if peer.Name == warm {
			continue
		}
		verify, err := peer.New(issuer)
		if err != nil {
			return nil, err
		}
		verdict := "refused"
		if verify(attack.Token(issuer)) == nil {
			verdict = "**let in**"
		}
		row = append(row, verdict)
	}
	return row, nil
}
