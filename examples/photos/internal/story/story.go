package story

import (
	"context"
	"io"

	"github.com/postern-go/postern/examples/photos/internal/browser"
)

// story is a play of the story in a town that is being served.
type story struct {
	*Town
	*callers
	*teller
	oliviaBrowser, benBrowser *browser.Browser
	page                      browser.Page // that the browser in use shows
	accessToken, idToken      string       // that the printing service got from Olivia
}

// Play plays the story in a town that is being served, and tells it to out. It
// takes a few seconds. The error is about the play itself, such as a port that
// cannot be had; what goes otherwise than told is in the Report.
func Play(ctx context.Context, town *Town, out io.Writer) (Report, error) {
	callers, err := newCallers(town.albumsAddr)
	if err != nil {
		return Report{}, err
	}
	defer callers.close()
	s := &story{Town: town, callers: callers, teller: &teller{out: out, recorder: &town.recorder}}
	for _, b := range []**browser.Browser{&s.oliviaBrowser, &s.benBrowser} {
		if *b, err = browser.New(); err != nil {
			return Report{}, err
		}
	}
	town.introduce(out)
	for _, act := range []func(context.Context){
		s.ownerLetsStrangerPrint, s.publicAPIServesMany, s.servicesEnforceThemselves,
		s.clientActsForItself, s.issuerRotatesItsKey, s.issuerGoesDown,
	} {
		act(ctx)
	}
	s.end()
	return s.report, ctx.Err()
}
