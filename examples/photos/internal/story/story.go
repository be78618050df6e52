package story

import (
	"context"
	"io"

	"github.com/postern-go/postern/examples/internal/serve"
	"github.com/postern-go/postern/examples/photos/internal/browser"
	"github.com/postern-go/postern/token/dpop"
)

// story is a play of the story in a town that is being served.
type story struct {
	*town
	*callers
	*teller
	oliviaBrowser, benBrowser *browser.Browser
	page                      browser.Page // that the browser in use shows
	accessToken, idToken      string       // that the printing service got from Olivia
	archivistKey, thiefKey    *dpop.Prover
}

func newStory(t *town, out io.Writer) (*story, error) {
	callers, err := newCallers(t.albumsAddr)
	if err != nil {
		return nil, err
	}
	s := &story{town: t, callers: callers, teller: &teller{out: out, recorder: &t.recorder}}
	for _, b := range []**browser.Browser{&s.oliviaBrowser, &s.benBrowser} {
		if *b, err = browser.New(); err != nil {
			callers.close()
			return nil, err
		}
	}
	for _, p := range []**dpop.Prover{&s.archivistKey, &s.thiefKey} {
		if *p, err = newProver(); err != nil {
			callers.close()
			return nil, err
		}
	}
	return s, nil
}

// Play plays the story in a town of its own, and tells it to out. It takes a
// few seconds. The error is about the play itself, such as a port that cannot be
// had; what goes otherwise than told is in the Report.
func Play(ctx context.Context, out io.Writer) (Report, error) {
	t, err := newTown(nil)
	if err != nil {
		return Report{}, err
	}
	var report Report
	err = serve.All(ctx, t.serve, func(ctx context.Context) (err error) {
		report, err = t.perform(ctx, out)
		return err
	})
	return report, err
}

func (t *town) perform(ctx context.Context, out io.Writer) (Report, error) {
	s, err := newStory(t, out)
	if err != nil {
		return Report{}, err
	}
	defer s.close()
	t.introduce(out)
	for _, act := range []func(context.Context){
		s.ownerLetsStrangerPrint, s.publicAPIServesMany, s.servicesEnforceThemselves,
		s.clientActsForItself, s.issuerRotatesItsKey, s.issuerGoesDown, s.thiefTakesTokens,
	} {
		act(ctx)
	}
	s.end()
	return s.report, ctx.Err()
}
