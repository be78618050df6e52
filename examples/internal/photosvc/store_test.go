package photosvc_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/token"
)

var olivia = token.Principal{Issuer: "https://a.example", Subject: "olivia"}

func TestStoreKeepsOwnersApart(t *testing.T) {
	t.Parallel()
	var s photosvc.Store
	_, err := s.Add(olivia, "Harbour at dawn")
	require.NoError(t, err)
	assert.Len(t, s.List(olivia), 1)
	assert.Empty(t, s.List(token.Principal{Issuer: "https://b.example", Subject: "olivia"}), "the same name, of another issuer")
	assert.Equal(t, 1, s.Count())
}

func TestStoreIsBounded(t *testing.T) {
	t.Parallel()
	var s photosvc.Store
	for range 200 {
		_, err := s.Add(olivia, "photo")
		require.NoError(t, err)
	}
	_, err := s.Add(olivia, "one too many")
	assert.ErrorIs(t, err, photosvc.ErrFull)
	for i := range 999 {
		_, err := s.Add(token.Principal{Issuer: "i", Subject: fmt.Sprint(i)}, "photo")
		require.NoError(t, err)
	}
	_, err = s.Add(token.Principal{Issuer: "i", Subject: "one too many"}, "photo")
	assert.ErrorIs(t, err, photosvc.ErrFull)
}

// Looking takes no room that an owner of photos could need.
func TestNoAlbumWithoutAPhoto(t *testing.T) {
	t.Parallel()
	var s photosvc.Store
	for i := range 5000 {
		photos, _ := s.After(token.Principal{Issuer: "i", Subject: fmt.Sprint(i)}, 0)
		require.Empty(t, photos)
	}
	_, err := s.Add(olivia, "Harbour at dawn")
	assert.NoError(t, err)
}

func TestAfter(t *testing.T) {
	t.Parallel()
	var s photosvc.Store
	photos, more := s.After(olivia, 0)
	require.Empty(t, photos)
	select {
	case <-more:
		t.Fatal("nothing has been added")
	default:
	}
	_, err := s.Add(olivia, "Harbour at dawn")
	require.NoError(t, err)
	<-more
	photos, _ = s.After(olivia, 0)
	assert.Len(t, photos, 1)
	photos, _ = s.After(olivia, 1)
	assert.Empty(t, photos)
}

func TestTitles(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]bool{
		"Harbour at dawn": true, "é": true, strings.Repeat("é", 80): true,
		"": false, "  ": false, "a\nb": false, "a\x00": false, "\xff": false, strings.Repeat("a", 81): false, "a\u202eb": false,
	} {
		assert.Equal(t, want, photosvc.ValidTitle(title), "%q", title)
	}
}

// Pictures are well formed, always the same, and hold nothing of the title.
func TestPictures(t *testing.T) {
	t.Parallel()
	var s photosvc.Store
	first, err := s.Add(olivia, `"><script>`)
	require.NoError(t, err)
	second, err := s.Add(olivia, `"><script>`)
	require.NoError(t, err)
	third, err := s.Add(olivia, "another")
	require.NoError(t, err)
	assert.Equal(t, first.Image, second.Image)
	assert.NotEqual(t, first.Image, third.Image)
	assert.NotContains(t, string(first.Image), "script")
	d := xml.NewDecoder(strings.NewReader(string(first.Image)))
	for {
		if _, err = d.Token(); err != nil {
			break
		}
	}
	assert.True(t, errors.Is(err, io.EOF), "%v", err)
}
