package tokentest

import "github.com/postern-go/postern/token"

// subjectAttacks are good tokens that are not about a user, for calls that only
// a user may make.
func subjectAttacks() []Attack {
	attacks := group{
		name: "subject", want: refuseDenied, reason: "denied subject_unknown",
		why: "a machine that passes for a user acts without the consent of any user (RFC 9068 §5, RFC 9700 §4.15)",
	}.attacks(
		try{row: "9068-5-1", name: "client that acts for itself", edit: ClientCredentials()},
		try{row: "9068-5-1", name: "mark of clients beside that of users", applies: marksClients, make: func(f *forge) Credentials {
			return f.bearer(Marked(f.profile().Clients[0]))
		}},
		try{row: "9068-5-1", name: "mark of clients alone", applies: func(f *forge) bool { return marksClients(f) && f.canUnmark() }, make: func(f *forge) Credentials {
			return f.bearer(f.unmarkUsers(), Marked(f.profile().Clients[0]))
		}},
		try{row: "9068-5-1", name: "no mark of users or clients", applies: (*forge).canUnmark, reason: "subject_unknown", why: "a token that proves no user must not pass for a user's", make: func(f *forge) Credentials {
			return f.bearer(f.unmarkUsers())
		}},
		try{row: "9068-5-1", name: "mark of users in an array", applies: (*forge).wrapsMark, reason: "subject_unknown", why: "a value of another type than agreed on is no evidence", make: func(f *forge) Credentials {
			return f.bearer(f.unmarkUsers(), Marked(f.profile().Users[0]), inArray(f.profile().Users[0].Claim))
		}},
	)
	for n := range attacks {
		also := attacks[n].applies
		attacks[n].applies = func(f *forge) bool { return f.cfg.User && (also == nil || also(f)) }
	}
	return attacks
}

// profile is that of the service.
func (f *forge) profile() token.Profile {
	if f.cfg.Profile.Users == nil && f.cfg.Profile.Clients == nil {
		return f.issuer.Config().Profile
	}
	return f.cfg.Profile
}

func marksClients(f *forge) bool { return len(f.profile().Clients) > 0 }

func (f *forge) canUnmark() bool {
	for _, m := range f.profile().Users {
		if _, ok := unmarked(m, f.profile()); !ok {
			return false
		}
	}
	return true
}

func (f *forge) unmarkUsers() Edit {
	var edits []Edit
	for _, m := range f.profile().Users {
		e, _ := unmarked(m, f.profile())
		edits = append(edits, e)
	}
	return Edits(edits...)
}

// wrapsMark tells whether the first mark of users is a string in a claim that
// may as well be an array.
func (f *forge) wrapsMark() bool {
	users := f.profile().Users
	if len(users) == 0 || users[0].Present || users[0].Absent || users[0].Claim == "sub" {
		return false
	}
	return f.canUnmark()
}
