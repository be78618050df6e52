package authserver

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// pbkdf2Rounds is what OWASP asks for with SHA-256. A guess costs about as
// much as a sign-in, a tenth of a second of one core.
const pbkdf2Rounds = 600_000

// maxPassword bounds the work that a stranger can order with one form.
const maxPassword = 256

// Password is the salted hash of a password. The zero Password matches none.
type Password struct {
	salt []byte
	hash []byte
}

// HashPassword makes a Password of what a user types. It is slow on purpose.
func HashPassword(plain string) (Password, error) {
	salt := []byte(rand.Text())
	hash, err := derive(plain, salt)
	return Password{salt, hash}, err
}

// matches compares in constant time. It takes as long for the zero Password
// as for a real one, so that a stranger cannot tell which names exist.
func (p Password) matches(plain string) bool {
	if len(plain) > maxPassword {
		return false
	}
	salt := p.salt
	if salt == nil {
		salt = make([]byte, 16)
	}
	hash, err := derive(plain, salt)
	return err == nil && subtle.ConstantTimeCompare(hash, p.hash) == 1
}

func derive(plain string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, plain, salt, pbkdf2Rounds, sha256.Size)
}
