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

// What is printed fits into the narrowest terminal that people use.
const (
	width  = 80
	indent = "     "
)

func (t *teller) act(title, about string) {
	fmt.Fprintf(t.out, "\n%s\n%s\n", strings.Repeat("-", width), strings.ToUpper(title))
	t.wrapped("", about)
	fmt.Fprintln(t.out)
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
	fmt.Fprintf(t.out, "%3d  %s → %s: %s\n", t.report.Steps, s.who, s.whom, s.asked)
	if s.with != "" {
		t.wrapped("with ", s.with)
	}
	if asTold {
		t.wrapped("as expected: ", seen.text)
	} else {
		t.wrapped("NOT AS TOLD: ", seen.text+", expected "+s.want)
	}
	if seen.note != "" {
		t.wrapped("", seen.note)
	}
}

func (t *teller) wrapped(first, text string) { wrap(t.out, indent+first, indent+"  ", text) }

func (t *teller) end() {
	fmt.Fprintln(t.out, strings.Repeat("-", width))
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
