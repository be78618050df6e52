package tokentest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// publishedKey is a member of the key set.
type publishedKey struct {
	id  string
	jwk string
	own SigningKey // without a private key if the issuer cannot sign with it
}

// SigningKey is the key that signs tokens now.
func (i *Issuer) SigningKey() SigningKey { return i.keyFor(i.algorithms()[0]) }

// Announce publishes a key that does not sign yet, as an issuer does ahead of
// a planned rotation, and returns it. Promote makes it sign.
func (i *Issuer) Announce() SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.addKey(i.algorithms()[0])
}

// Promote makes a published key sign from now on the tokens of its algorithm.
// It panics if the issuer has no such key.
func (i *Issuer) Promote(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := i.indexOf(id)
	if n < 0 || i.published[n].own.Private == nil {
		panic(fmt.Errorf("tokentest: no key %q to sign with", id))
	}
	k := i.published[n].own
	i.signing[k.Algorithm] = k
}

// Rotate publishes a new key that signs at once, and returns it. The old key
// stays published; see Withdraw. Services that hold the key set from before
// meet a kid that they do not know.
func (i *Issuer) Rotate() SigningKey {
	k := i.Announce()
	i.Promote(k.ID)
	return k
}

// Withdraw takes keys out of the key set. A key that signs goes on signing, so
// that a service can be shown tokens of a withdrawn key.
func (i *Issuer) Withdraw(ids ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = slices.DeleteFunc(i.published, func(k publishedKey) bool { return slices.Contains(ids, k.id) })
}

// ReplaceKey puts a new key in the place of a published one, under the same
// id, and returns it. Issuers should not do this, and some do. It panics if
// the issuer has no such key.
func (i *Issuer) ReplaceKey(id string) SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := i.indexOf(id)
	if n < 0 {
		panic(fmt.Errorf("tokentest: no key %q to replace", id))
	}
	k := i.published[n].own
	k.Private = newPrivateKey(i.tb, k.Algorithm)
	i.published[n] = publishedKey{id: id, jwk: k.JWK(), own: k}
	if i.signing[k.Algorithm].ID == id {
		i.signing[k.Algorithm] = k
	}
	return k
}

// Publish adds a key to the key set. Promote makes it sign.
func (i *Issuer) Publish(k SigningKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = append(i.published, publishedKey{id: k.ID, jwk: k.JWK(), own: k})
}

// AddKey adds a member to the key set as it is, such as a key of an unknown
// type, one for encryption, or no JSON at all. id is for Withdraw.
func (i *Issuer) AddKey(id, jwk string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.published = append(i.published, publishedKey{id: id, jwk: jwk})
}

// SetMetadata sets a member of the issuer's metadata, such as "issuer" to
// somebody else's identifier. nil leaves the member out.
func (i *Issuer) SetMetadata(name string, value any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.metadata[name] = value
}

// SetHeader sets a header field of every answer, such as Cache-Control, Age or
// Retry-After. An empty value leaves the field out.
func (i *Issuer) SetHeader(name, value string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.headers.Set(name, value)
}

// keyFor is the key that signs for an algorithm. The first time it is asked
// for, it is made and published.
func (i *Issuer) keyFor(algorithm string) SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	k, ok := i.signing[algorithm]
	if !ok {
		k = i.addKey(algorithm)
		i.signing[algorithm] = k
	}
	return k
}

// addKey makes and publishes a key. It needs i.mu.
func (i *Issuer) addKey(algorithm string) SigningKey {
	i.minted++
	id := fmt.Sprintf("%s-%d", strings.ToLower(algorithm), i.minted)
	k := SigningKey{ID: id, Algorithm: algorithm, Private: newPrivateKey(i.tb, algorithm)}
	i.published = append(i.published, publishedKey{id: id, jwk: k.JWK(), own: k})
	return k
}

// indexOf needs i.mu.
func (i *Issuer) indexOf(id string) int {
	return slices.IndexFunc(i.published, func(k publishedKey) bool { return k.id == id })
}

// fault is how the issuer misbehaves. The zero fault is good behaviour.
type fault struct {
	down    bool
	hung    chan struct{} // closed when the issuer stops hanging
	status  int
	garbled bool
	garbage string
	delay   time.Duration
}

// GoDown refuses connections from now on, as a host does where nobody listens.
// On loopback the connection is closed without an answer.
func (i *Issuer) GoDown() { i.misbehave(func(f *fault) { f.down = true }) }

// Fail answers every request with this status from now on.
func (i *Issuer) Fail(status int) { i.misbehave(func(f *fault) { f.status = status }) }

// Hang accepts requests and never answers them. A request ends when its
// context does, or with ComeUp.
func (i *Issuer) Hang() { i.misbehave(func(f *fault) { f.hung = make(chan struct{}) }) }

// Garbage answers requests for the key set with this body from now on, with
// status 200 and the media type of a key set: an error page, `{"keys":[]}`,
// half a document.
func (i *Issuer) Garbage(body string) {
	i.misbehave(func(f *fault) { f.garbled, f.garbage = true, body })
}

// Delay makes every answer take this long, besides what else the issuer does.
// It is the only behaviour that adds to another one; each of GoDown, Fail,
// Hang and Garbage ends the one before.
func (i *Issuer) Delay(d time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fault.delay = d
}

// ComeUp ends GoDown, Fail, Hang, Garbage and Delay. Keys and metadata stay as
// they are. Requests that hang end with a connection error.
func (i *Issuer) ComeUp() {
	i.misbehave(func(*fault) {})
	i.Delay(0)
}

// misbehave starts one kind of fault and ends the one before.
func (i *Issuer) misbehave(start func(*fault)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fault.hung != nil {
		close(i.fault.hung)
	}
	i.fault = fault{delay: i.fault.delay}
	start(&i.fault)
}

// delay waits before an answer, if that is how the issuer behaves.
func (i *Issuer) delay(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-i.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hang waits for the end of a request that is never answered.
func (i *Issuer) hang(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ended:
		return errRefused
	case <-i.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// elsewhereURL is an address that the attacker has the say over: in memory on
// another host, on loopback under a path of its own.
func (i *Issuer) elsewhereURL(name string) string {
	if i.options.Loopback {
		return strings.TrimSuffix(i.identifier, "/") + "/attacker/" + name
	}
	return "https://attacker.test/" + name
}

// serveElsewhere puts a document there and returns its address.
func (i *Issuer) serveElsewhere(name, body string) string {
	target := i.elsewhereURL(name)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.elsewhere[target] = body
	return target
}

// forger is the attacker's key for an algorithm, which the issuer does not
// publish. It is made once, for RSA keys are slow to make.
func (i *Issuer) forger(algorithm string) SigningKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	k, ok := i.forgers[algorithm]
	if !ok {
		k = i.ForeignKey(algorithm, "attacker-1")
		i.forgers[algorithm] = k
	}
	return k
}
