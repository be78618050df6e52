package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// photo is one picture.
type photo struct {
	Album string `json:"album"`
	Title string `json:"title"`
	By    string `json:"by"`
}

// library holds the photos by album. The zero library has none.
type library struct {
	mu     sync.Mutex
	albums map[string][]photo
	photos int
}

// most is how many photos there may be: callers must not fill the memory, nor be
// sent all of it.
const most = 1000

var (
	errFull    = errors.New("there is no more room")
	errNoAlbum = errors.New("there is no such album")
	errNoTitle = errors.New("a photo needs an album and a title of at most 200 bytes each")
)

func (l *library) add(p photo) error {
	if p.Album == "" || p.Title == "" || len(p.Album) > 200 || len(p.Title) > 200 {
		return errNoTitle
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.albums == nil {
		l.albums = map[string][]photo{}
	}
	if l.photos == most {
		return errFull
	}
	l.photos++
	l.albums[p.Album] = append(l.albums[p.Album], p)
	return nil
}

// list is one album, or all of them if album is "".
func (l *library) list(album string) []photo {
	l.mu.Lock()
	defer l.mu.Unlock()
	if album != "" {
		return slices.Clone(l.albums[album])
	}
	all := []photo{}
	for _, name := range slices.Sorted(maps.Keys(l.albums)) {
		all = append(all, l.albums[name]...)
	}
	return all
}

// remove deletes an album and returns how many photos were in it.
func (l *library) remove(album string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	photos, ok := l.albums[album]
	if !ok {
		return 0, fmt.Errorf("%w: %q", errNoAlbum, album)
	}
	delete(l.albums, album)
	l.photos -= len(photos)
	return len(photos), nil
}
