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
// use, by several goroutines at once.
type Store struct {
	mu     sync.Mutex
	albums map[token.Principal]*album
	total  int
}

// album is what one owner has. Photos are only ever added.
type album struct {
	photos  []Photo
	changed chan struct{} // closed and replaced with each photo
}

// Add keeps a new photo of owner.
func (s *Store) Add(owner token.Principal, title string) (Photo, error) {
	if !ValidTitle(title) {
		return Photo{}, ErrTitle
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.album(owner)
	if err != nil {
		return Photo{}, err
	}
	if len(a.photos) >= maxPhotos {
		return Photo{}, ErrFull
	}
	s.total++
	p := Photo{ID: fmt.Sprintf("p%d", s.total), Title: title, Added: time.Now().UTC(), Image: paint(title)}
	a.photos = append(a.photos, p)
	close(a.changed)
	a.changed = make(chan struct{})
	return p, nil
}

// List returns the photos of owner, oldest first.
func (s *Store) List(owner token.Principal) []Photo {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.albums[owner]; ok {
		return a.photos[:len(a.photos):len(a.photos)]
	}
	return nil
}

// After returns the photos of owner but for the first n, and a channel that is
// closed when there are more.
func (s *Store) After(owner token.Principal, n int) ([]Photo, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.album(owner)
	if err != nil {
		return nil, nil, err
	}
	return a.photos[n:len(a.photos):len(a.photos)], a.changed, nil
}

// Count is how many photos there are, of all owners together.
func (s *Store) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// album must be called with the lock held.
func (s *Store) album(owner token.Principal) (*album, error) {
	if a, ok := s.albums[owner]; ok {
		return a, nil
	}
	if len(s.albums) >= maxOwners {
		return nil, ErrFull
	}
	if s.albums == nil {
		s.albums = make(map[token.Principal]*album)
	}
	a := &album{changed: make(chan struct{})}
	s.albums[owner] = a
	return a, nil
}

// ValidTitle reports whether title is fit to be shown: 1 to 80 characters, all
// of them printable.
func ValidTitle(title string) bool {
	if strings.TrimSpace(title) == "" || !utf8.ValidString(title) || utf8.RuneCountInString(title) > maxTitle {
		return false
	}
	return strings.IndexFunc(title, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
