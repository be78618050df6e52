package printing_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// order posts a choice as the page of a site does.
func (v *visit) order(fetchSite string, form url.Values) (status int, body string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+"/order", strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", fetchSite)
	resp, err := v.client.Do(req)
	require.NoError(v.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	return resp.StatusCode, string(text)
}

// What is printed is what the API gives for the token at that moment, whatever
// the form says.
func TestOrders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		site   string
		chosen []string
		size   int
		api    int
		status int
		shown  []string
	}{
		"one":               {"same-origin", []string{"p2"}, 0, 200, 200, []string{"Snow"}},
		"both":              {"same-origin", []string{"p1", "p2"}, 0, 200, 200, []string{"Harbour", "Snow"}},
		"none":              {"same-origin", nil, 0, 200, 400, nil},
		"another's":         {"same-origin", []string{"p3"}, 0, 200, 400, nil},
		"one and a strange": {"same-origin", []string{"p1", "<b>"}, 0, 200, 200, []string{"Harbour"}},
		"too much":          {"same-origin", []string{"p1"}, 100_000, 200, 400, nil},
		"access ended":      {"same-origin", []string{"p1"}, 0, 401, 401, nil},
		"from elsewhere":    {"cross-site", []string{"p1"}, 0, 200, 403, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVisit(t)
			v.library = `{"photos": [{"id": "p1", "title": "Harbour"}, {"id": "p2", "title": "Snow"}]}`
			v.get("/callback?" + v.answer(v.connect()).Encode())
			v.apiStatus = c.api
			status, body := v.order(c.site, url.Values{"photo": c.chosen, "x": {strings.Repeat("x", c.size)}})
			assert.Equal(t, c.status, status)
			for _, title := range []string{"Harbour", "Snow"} {
				assert.Equal(t, strings.Contains(strings.Join(c.shown, " "), title), strings.Contains(body, title), title)
			}
			assert.NotContains(t, body, "<b>")
		})
	}
}

// A stranger is sent to the beginning and costs the API nothing.
func TestOrderOfAStranger(t *testing.T) {
	t.Parallel()
	v := newVisit(t)
	status, _ := v.order("same-origin", url.Values{"photo": {"p1"}})
	assert.Equal(t, http.StatusSeeOther, status)
	assert.Empty(t, v.bearers)
}
