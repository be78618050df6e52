package browsertest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pageTimeout bounds everything that one test does in the browser.
const pageTimeout = time.Minute

// tab is a browser of its own, without cookies, as a person opens one.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string // of the browser, such as a broken security policy
}

func newTab(t *testing.T) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findBrowser(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1100, 900),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true))
	if os.Geteuid() == 0 { // Chromium's sandbox does not work for root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, pageTimeout)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	return b
}

func findBrowser(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if named := os.Getenv("CHROMIUM"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("none of %v is here; install Debian's package chromium, or name a browser by CHROMIUM=PATH", names)
	return ""
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...))
}

// ask does something in the browser that has a result.
func ask[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, action)
	require.NoError(b.t, err)
	return result
}

// see waits for an element. For a plain string, the driver would look for the selector in
// the text of the page too, where styles and scripts have it.
func (b *tab) see(element string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(chromedp.CSS(element)))
}

// on waits for a page that is recognized by an element, holds it against what
// holds for every page, and takes a picture of it.
func (b *tab) on(name, element string) {
	b.t.Helper()
	b.see(element)
	b.shoot(name)
	assert.True(b.t, ask(b, chromedp.Evaluate[bool](`getComputedStyle(document.querySelector("main")).maxWidth !== "none"`)),
		"the page's own style is not applied on page %s", name)
	assert.True(b.t, ask(b, chromedp.Evaluate[bool](
		`[...document.querySelectorAll("input:not([type=hidden])")].every(i => i.labels.length === 1)`)),
		"a field has no label on page %s", name)
	b.onPhone(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	assert.Empty(b.t, b.complaints, "the browser complains about page %s", name)
}

// The size of a common telephone, in CSS pixels.
const phoneWidth, phoneHeight = 390, 844

// onPhone holds a page against what can be read on a telephone: nothing of it is
// to the right of the screen.
func (b *tab) onPhone(name string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(phoneWidth, phoneHeight))
	assert.Equal(b.t, phoneWidth, ask(b, chromedp.Evaluate[int](`innerWidth`)))
	assert.LessOrEqual(b.t, ask(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)), phoneWidth,
		"page %s scrolls sideways on a telephone", name)
	assert.Empty(b.t, ask(b, chromedp.Evaluate[[]string](`[...document.querySelectorAll("body *")]
		.filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 200))`)),
		"page %s has something beside the screen of a telephone", name)
	b.shoot(name + "-phone")
	b.do(chromedp.EmulateViewport(1100, 900))
}

// shoot keeps a picture for the eye of a person, if one asks for it.
func (b *tab) shoot(name string) {
	b.t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		picture := ask(b, chromedp.FullScreenshot(100))
		require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600))
	}
}

func (b *tab) text(element string) string {
	b.t.Helper()
	return ask(b, chromedp.Text(chromedp.CSS(element)))
}

func (b *tab) origin() string {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[string](`location.origin`))
}
