package story

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// step is one thing that happens, and what should come of it.
type step struct {
	who, whom string // who asks whom
	asked     string
	with      string // what was presented, in words
	want      string // the answer, as answer.text says it
	// deciders are the services that should decide about the call, in the
	// order in which it passes them. Nil: it does not matter.
	deciders []string
	// crowd says that the step is many calls, too many to list who decided
	// about each.
	crowd bool
	do    func(ctx context.Context) answer
}

// answer is what came of a step, as it was seen.
type answer struct {
	text string // the status, and what is to be said of it
	note string // more for the reader
}

// Report is the end of a story.
type Report struct {
	Steps int
	// Deviations are the numbers of the steps that went otherwise than told.
	Deviations []int
}

// OK reports whether everything went as told.
func (r Report) OK() bool { return r.Steps > 0 && len(r.Deviations) == 0 }

// teller plays steps one after the other and prints what came of them.
type teller struct {
	out      io.Writer
	recorder *recorder
	report   Report
}

// Widths of the columns. The lines below a step are wrapped at their sum.
const (
	callWidth   = 40
	askedWidth  = 19
	answerWidth = 29
	indent      = "     "
	lineWidth   = len(indent) + callWidth + askedWidth + 2*answerWidth
)

func (t *teller) act(title, about string) {
	fmt.Fprintf(t.out, "\n%s\n", strings.ToUpper(title))
	t.wrapped("", about)
	fmt.Fprintf(t.out, "\n%s%-*s%-*s%-*s%s\n", indent,
		callWidth, "who asks whom", askedWidth, "for what", answerWidth, "answer expected", "answer seen")
	fmt.Fprintln(t.out, strings.Repeat("-", lineWidth))
}

// play does a step and judges it.
func (t *teller) play(ctx context.Context, s step) {
	t.recorder.take() // what came before is not about this step
	seen := s.do(ctx)
	decisions := t.recorder.take()
	t.report.Steps++
	asTold := seen.text == s.want && (s.deciders == nil || slices.Equal(s.deciders, services(decisions)))
	if !asTold {
		t.report.Deviations = append(t.report.Deviations, t.report.Steps)
	}
	t.print(s, seen, asTold)
	if !asTold && s.deciders != nil {
		t.wrapped("expected to decide: ", strings.Join(s.deciders, ", "))
	}
	if s.crowd && asTold {
		return
	}
	for _, d := range decisions {
		t.wrapped(d.service+" ", d.text)
	}
}

func (t *teller) print(s step, seen answer, asTold bool) {
	mark := "ok"
	if !asTold {
		mark = "NOT AS TOLD"
	}
	fmt.Fprintf(t.out, "%3d  %-*s%-*s%-*s%-*s%s\n", t.report.Steps,
		callWidth, s.who+" → "+s.whom, askedWidth, s.asked, answerWidth, s.want, answerWidth, seen.text, mark)
	if s.with != "" {
		t.wrapped("with ", s.with)
	}
	if seen.note != "" {
		t.wrapped("", seen.note)
	}
}

// wrapped prints text below a step, in lines that are not too long.
func (t *teller) wrapped(first, text string) {
	line := indent + first
	for _, word := range strings.Fields(text) {
		if len(line)+len(word) > lineWidth && strings.TrimSpace(line) != "" {
			fmt.Fprintln(t.out, strings.TrimRight(line, " "))
			line = indent + "  "
		}
		line += word + " "
	}
	fmt.Fprintln(t.out, strings.TrimRight(line, " "))
}

func (t *teller) end() {
	fmt.Fprintln(t.out, strings.Repeat("-", lineWidth))
	if t.report.OK() {
		fmt.Fprintf(t.out, "All %d steps went as told.\n", t.report.Steps)
		return
	}
	fmt.Fprintf(t.out, "%d of %d steps went otherwise than told: %v\n",
		len(t.report.Deviations), t.report.Steps, t.report.Deviations)
}

// services are those that made the decisions, each once.
func services(decisions []decision) []string {
	names := []string{}
	for _, d := range decisions {
		if !slices.Contains(names, d.service) {
			names = append(names, d.service)
		}
	}
	return names
}
