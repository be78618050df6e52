package story

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// A story that cannot go wrong proves nothing: each case goes otherwise than
// told in one way.
func TestTellerNotices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text     string
		decided  []decision
		deciders []string
		ok       bool
	}{
		"as told":               {"401 expired", []decision{{photoService, "expired", "no"}}, []string{photoService}, true},
		"whoever decided":       {"401 expired", nil, nil, true},
		"another answer":        {"200", []decision{{photoService, "", "yes"}}, []string{photoService}, false},
		"another reason":        {"401 signature", []decision{{photoService, "signature", "no"}}, []string{photoService}, false},
		"nobody decided":        {"401 expired", nil, []string{photoService}, false},
		"somebody else":         {"401 expired", []decision{{publicAPI, "expired", "no"}}, []string{photoService}, false},
		"somebody else as well": {"401 expired", []decision{{photoService, "expired", "no"}, {albumService, "", "yes"}}, []string{photoService}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			tell := &teller{out: &out, recorder: new(recorder)}
			tell.play(t.Context(), step{who: "a", whom: "b", asked: "c", want: "401 expired", deciders: c.deciders,
				do: func(context.Context) answer {
					for _, d := range c.decided {
						tell.recorder.note(d)
					}
					return answer{text: c.text}
				}})
			tell.end()
			assert.Equal(t, c.ok, tell.report.OK())
			assert.Equal(t, c.ok, !strings.Contains(out.String(), "NOT AS TOLD"))
			assert.Equal(t, c.ok, strings.Contains(out.String(), "All 1 steps went as told."))
		})
	}
}

func TestAStoryWithoutStepsIsNotOK(t *testing.T) {
	t.Parallel()
	assert.False(t, Report{}.OK())
}

func TestCodeName(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "OK", codeName("OK"))
	assert.Equal(t, "PERMISSION_DENIED", codeName("PermissionDenied"))
	assert.Equal(t, "UNAVAILABLE", codeName("Unavailable"))
}

// Every line of the guide and the story fits into 80 columns.
func TestTellerFitsATerminal(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("grüße wörter → ", 40)
	var out strings.Builder
	tell := &teller{out: &out, recorder: new(recorder)}
	tell.act("title", words)
	for _, want := range []string{words, "other"} {
		tell.play(t.Context(), step{
			who: printingService, whom: authServer, asked: "a token for itself", with: words, want: want, deciders: []string{photoService},
			do: func(context.Context) answer {
				tell.recorder.note(decision{photoService, "expired", words})
				return answer{text: words, note: words}
			},
		})
	}
	tell.end()
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
	assert.Greater(t, strings.Count(out.String(), "\n"), 60)
}
