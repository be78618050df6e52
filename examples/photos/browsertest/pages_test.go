package browsertest_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Elements that tell the pages apart.
const (
	printButton = `form[action="/connect"] button`
	signIn      = `form[action="/signin"] button`
	userField   = `input[name="username"]`
	password    = `input[name="password"]`
	allow       = `button[value="allow"]`
	deny        = `button[value="deny"]`
	prints      = `ul.prints img`
	order       = `form[action="/order"] button`
	ordered     = `ul.order li`
)

func TestPages(t *testing.T) {
	story := serve(t)
	t.Run("consent given", func(t *testing.T) { consentGiven(t, story) })
	t.Run("consent denied", func(t *testing.T) { consentDenied(t, story) })
	t.Run("decisions", func(t *testing.T) { decisions(t, story) })
	t.Run("wrong password", func(t *testing.T) { wrongPassword(t, story) })
}

func consentGiven(t *testing.T, story guide) {
	b := newTab(t)
	b.toConsent(story)
	assert.Equal(t, story.authServer, b.origin())
	assert.Contains(t, b.text("main"), "Allow Prints by Post access?")
	assert.Contains(t, b.text("main"), "photos:read")
	b.do(chromedp.Click(allow))
	b.on("5-prints", prints)
	assert.Equal(t, story.printing, b.origin())
	assert.Equal(t, []string{"Harbour at dawn", "Evening on the lake", "Snow on the ridge", "First day of spring"}, b.photos())
	assert.Contains(t, b.text("main"), "By the water")
	b.do(chromedp.Click(`ul.prints li:nth-child(2) input`), chromedp.Click(order))
	b.on("7-ordered", ordered)
	assert.Contains(t, b.text("main"), "Evening on the lake")
	assert.NotContains(t, b.text("main"), "Harbour at dawn")
}

// photos are the titles of the photos that can really be seen.
func (b *tab) photos() []string {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("ul.prints img")]
		.filter(i => i.complete && i.naturalWidth > 0 && i.offsetWidth > 0).map(i => i.alt)`))
}

// decisions opens the page with the decisions before there is anything to see,
// and calls from elsewhere.
func decisions(t *testing.T, story guide) {
	watching := newTab(t)
	watching.do(chromedp.Navigate(story.decisions))
	watching.see(`#state.live`)
	for _, bearer := range []string{"", story.token} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, story.photos+"/photos", nil)
		require.NoError(t, err)
		if bearer != "" {
			req.Header.Set("Authorization", "Bearer "+bearer)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	watching.see(`#decisions > li:nth-child(2)`)
	watching.on("8-decisions", `#decisions > li.refused`)
	newest := watching.text(`#decisions > li:first-child`)
	assert.Contains(t, newest, "photo service")
	assert.Contains(t, newest, "refused: scope")
	assert.Contains(t, newest, "statistics for itself")
	assert.Contains(t, newest, "✓ signature")
	assert.Contains(t, newest, "✗ policy all(photos:read)")
	assert.Contains(t, watching.text(`#decisions > li:nth-child(2)`), "refused: missing")
	assert.NotContains(t, watching.text("body"), "eyJ")
}

func consentDenied(t *testing.T, story guide) {
	b := newTab(t)
	b.toConsent(story)
	b.do(chromedp.Click(deny))
	b.on("6-denied", printButton)
	assert.Equal(t, story.printing, b.origin())
	assert.Contains(t, b.text("main"), "You did not allow us to look at your photos.")
	assert.Empty(t, b.photos())
}

func wrongPassword(t *testing.T, story guide) {
	b := newTab(t)
	b.toSignIn(story)
	b.signIn(story.user, "not "+story.password)
	b.on("3-wrong-password", `[role="alert"]`)
	assert.Contains(t, b.text(`[role="alert"]`), "User name or password is wrong.")
}

func (b *tab) toSignIn(story guide) {
	b.t.Helper()
	b.do(chromedp.Navigate(story.printing))
	b.on("1-home", printButton)
	b.do(chromedp.Click(printButton))
	b.on("2-sign-in", userField)
	assert.Equal(b.t, story.authServer, b.origin())
}

func (b *tab) signIn(user, pass string) {
	b.t.Helper()
	b.do(
		chromedp.SendKeys(userField, user),
		chromedp.SendKeys(password, pass),
		chromedp.Click(signIn),
	)
}

func (b *tab) toConsent(story guide) {
	b.t.Helper()
	b.toSignIn(story)
	b.signIn(story.user, story.password)
	b.on("4-consent", allow)
}
