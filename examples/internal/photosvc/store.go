package photosvc

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postern-go/postern/token"
)

// Photo is one picture and what is known about it.
type Photo struct {
	ID    string
	Title string
	Added time.Time
	Image []byte // SVG
}

// Bounds of a Store. Whoever may add photos may not fill the machine.
const (
	maxOwners = 1000
	maxPhotos = 200 // of one owner
	maxTitle  = 80  // characters
)

// What Add refuses.
var (
	ErrTitle = errors.New("photosvc: a title has 1 to 80 printable characters")
	ErrFull  = errors.New("photosvc: no more room")
)

// Store keeps photos in memory. The zero value is an empty store, ready to
// use, by several goroutines at once. Only Add takes memory: an owner without a
// photo has no album, however often they look.
type Store struct {
	mu     sync.Mutex
	albums map[token.Principal][]Photo // photos are only ever added
	total  int
	added  chan struct{} // closed and replaced with each photo
}

// Add keeps a new photo of owner.
func (s *Store) Add(owner token.Principal, title string) (Photo, error) {
	if !ValidTitle(title) {
		return Photo{}, ErrTitle
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	album, known := s.albums[owner]
	if len(album) >= maxPhotos || !known && len(s.albums) >= maxOwners {
		return Photo{}, ErrFull
	}
	if s.albums == nil {
		s.albums = make(map[token.Principal][]Photo)
	}
	s.total++
	p := Photo{ID: fmt.Sprintf("p%d", s.total), Title: title, Added: time.Now().UTC(), Image: paint(title)}
	s.albums[owner] = append(album, p)
	if s.added != nil {
		close(s.added)
		s.added = nil
	}
	return p, nil
}

// List returns the photos of owner, oldest first.
func (s *Store) List(owner token.Principal) []Photo {
	photos, _ := s.After(owner, 0)
	return photos
}

// After returns the photos of owner but for the first n, and a channel that is
// closed when a photo is added, to whichever album.
func (s *Store) After(owner token.Principal, n int) ([]Photo, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.added == nil {
		s.added = make(chan struct{})
	}
	album := s.albums[owner]
	n = min(n, len(album))
	return album[n:len(album):len(album)], s.added
}

// Count is how many photos there are, of all owners together.
func (s *Store) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// ValidTitle reports whether title is fit to be shown: 1 to 80 characters, all
// of them printable.
func ValidTitle(title string) bool {
	if strings.TrimSpace(title) == "" || !utf8.ValidString(title) || utf8.RuneCountInString(title) > maxTitle {
		return false
	}
	return strings.IndexFunc(title, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
