package valkey

import (
	"context"
	"errors"
	"strings"
)

// inspect finds out what the server is, and refuses one that cannot be a replay
// store.
func (s *session) inspect(ctx context.Context, c Config) error {
	ctx, cancel := context.WithTimeout(ctx, c.DialTimeout)
	defer cancel()
	b := s.client.B()
	answers := s.client.DoMulti(ctx,
		b.Info().Section("server").Build(),
		b.Info().Section("replication").Build(),
		b.ConfigGet().Parameter("maxmemory-policy").Build(),
	)
	server, err := answers[0].ToString()
	if err != nil && c.AfterRestart != TrustServer {
		return noRunID(err)
	}
	s.runID = field(server, "run_id")
	if s.runID == "" && c.AfterRestart != TrustServer {
		return noRunID(errors.New("no run_id"))
	}
	if field(server, "redis_mode") == "cluster" || field(server, "server_mode") == "cluster" {
		return answered("MOVED")
	}
	replication, _ := answers[1].ToString()
	if role := field(replication, "role"); role != "" && role != "master" {
		return answered("READONLY")
	}
	policy, err := answers[2].AsStrMap()
	s.warnings = warningsAbout(policy["maxmemory-policy"], err)
	return nil
}

// noRunID refuses a server that does not tell which process it is.
func noRunID(err error) error {
	known := faultOf(err)
	if errors.Is(known, ErrTimeout) || errors.Is(known, ErrUnreachable) && !strings.Contains(err.Error(), "run_id") {
		return known
	}
	return &fault{
		reason: ErrCredentials, seen: "INFO server has no run_id for this user", want: "it, to notice that proofs were forgotten",
		setting: "ACL of the server, or valkey.Config.AfterRestart", cause: err,
	}
}

func warningsAbout(policy string, err error) []string {
	switch {
	case err != nil || policy == "":
		return []string{"maxmemory-policy of the server is not known, since CONFIG GET is not permitted, want noeviction"}
	case policy != "noeviction":
		return []string{`maxmemory-policy of the server is "` + policy + `", which forgets proofs when memory is short, want noeviction`}
	default:
		return nil
	}
}

// field is the value of a line of INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
