package story

import (
	"crypto/rand"
	"fmt"

	"github.com/postern-go/postern/examples/internal/photosvc"
	"github.com/postern-go/postern/examples/photos/internal/authserver"
	"github.com/postern-go/postern/examples/photos/internal/printing"
	"github.com/postern-go/postern/token"
)

// The services of the story.
const (
	authServer      = "authorization server"
	printingService = "printing service"
	publicAPI       = "public API"
	photoService    = "photo service"
	albumService    = "album service"
	photoReplica    = "photo service (2nd)"
)

// The other callers.
const (
	olivia     = "Olivia (owner)"
	ben        = "Ben (owner)"
	statistics = "statistics job"
	archivist  = "archivist"
	stranger   = "stranger"
	thief      = "thief"
)

// What tokens are for. These are names, not addresses: there are no connections to them.
const (
	photosResource  = "https://photos.example"
	archiveResource = "https://archive.example"
)

// person has an account and photos.
type person struct {
	name, fullName, password string
	albums                   []album
}

type album struct {
	title  string
	photos []string
}

func (p person) subject() string { return "user-" + p.name }

// titles are those of all photos of a person, album by album, which is also
// the order in which the printing service shows them.
func (p person) titles() []string {
	var titles []string
	for _, a := range p.albums {
		titles = append(titles, a.photos...)
	}
	return titles
}

// people are made for each run, with new passwords.
func people() (owner, other person) {
	owner = person{name: "olivia", fullName: "Olivia Owner", password: newSecret(), albums: []album{
		{"By the water", []string{"Harbour at dawn", "Evening on the lake"}},
		{"In the mountains", []string{"Snow on the ridge", "First day of spring"}},
	}}
	other = person{name: "ben", fullName: "Ben Neighbour", password: newSecret(), albums: []album{
		{"On the way", []string{"Night train", "Old lighthouse"}},
	}}
	return owner, other
}

// newSecret is short enough to type and has 80 bits of chance in it.
func newSecret() string { return rand.Text()[:16] }

// rounds are fewer than the usual ones: those make guessing slow, and these
// passwords cannot be guessed. Those that people choose need them.
const rounds = 50_000

func (p person) user() (authserver.User, error) {
	hash, err := authserver.HashPassword(p.password, rounds)
	return authserver.User{
		Name: p.name, Password: hash, Subject: p.subject(), FullName: p.fullName, Email: p.name + "@example.com",
	}, err
}

// secrets are those of the clients.
type secrets struct{ printing, statistics, archivist string }

func newSecrets() secrets { return secrets{rand.Text(), rand.Text(), rand.Text()} }

func clients(s secrets, printingURL string) []authserver.Client {
	return []authserver.Client{
		{
			ID: "printing", Secret: s.printing, Name: "Prints by Post",
			RedirectURIs: []string{printing.CallbackURL(printingURL)},
			Delegated:    []string{"openid", photosvc.ScopeRead},
		},
		{ID: "statistics", Secret: s.statistics, Name: "Statistics", Own: []string{photosvc.ScopeCount}},
		{ID: "archivist", Secret: s.archivist, Name: "Archivist", Own: []string{photosvc.ScopeRead}},
	}
}

func resources() []authserver.Resource {
	read := authserver.Scope{Name: photosvc.ScopeRead, Meaning: "look at your photos and albums"}
	return []authserver.Resource{
		{ID: photosResource, Name: "Photos", Scopes: []authserver.Scope{
			read,
			{Name: photosvc.ScopeWrite, Meaning: "add photos and albums"},
			{Name: photosvc.ScopeCount, Meaning: "count the photos and albums of all users"},
		}},
		{ID: archiveResource, Name: "Archive", Scopes: []authserver.Scope{read}},
	}
}

// fill gives a person's photos and albums to the services that keep them.
func (t *town) fill(p person) error {
	owner := token.Principal{Issuer: t.issuerURL, Subject: p.subject()}
	for _, a := range p.albums {
		var ids []string
		for _, title := range a.photos {
			photo, err := t.photoStore.Add(owner, title)
			if err != nil {
				return err
			}
			ids = append(ids, photo.ID)
		}
		if _, ok := t.albumStore.Add(owner, a.title, ids...); !ok {
			return fmt.Errorf("story: no room for album %q", a.title)
		}
	}
	return nil
}
