package authserver

import (
	"cmp"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// usualRounds is what OWASP asks for with SHA-256. A guess costs about as much
// as a sign-in, a tenth of a second of one core.
const usualRounds = 600_000

// maxPassword bounds the work that a stranger can order with one form.
const maxPassword = 256

// Password is the salted hash of a password. The zero Password matches none.
type Password struct {
	salt   []byte
	hash   []byte
	rounds int
}

// HashPassword makes a Password of what a user types. It is slow on purpose:
// rounds is how often the hash is hashed again, and zero means 600 000. Fewer
// are for passwords that nobody could guess anyway.
func HashPassword(plain string, rounds int) (Password, error) {
	p := Password{salt: []byte(rand.Text()), rounds: cmp.Or(rounds, usualRounds)}
	var err error
	p.hash, err = p.derive(plain)
	return p, err
}

// matches compares in constant time.
func (p Password) matches(plain string) bool {
	if len(plain) > maxPassword || len(p.hash) == 0 {
		return false
	}
	hash, err := p.derive(plain)
	return err == nil && subtle.ConstantTimeCompare(hash, p.hash) == 1
}

func (p Password) derive(plain string) ([]byte, error) {
	return pbkdf2.Key(sha256.New, plain, p.salt, p.rounds, sha256.Size)
}

// decoy is a password that nobody knows, and as slow to check as p. It stands
// in for the passwords of users that do not exist, so that a stranger cannot
// tell by the time it takes which names do.
func (p Password) decoy() (Password, error) { return HashPassword(rand.Text(), p.rounds) }
