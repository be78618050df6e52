package mcppostern

import (
	"context"
	"errors"
	"log/slog"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// store is an EventStore whose faults callers learn nothing of: the SDK answers
// 500 with the text of the error, such as the address of a database.
type store struct {
	mcp.EventStore
	log *slog.Logger // of the SDK's options; nil for none
}

var errStore = errors.New("the event store failed")

// Open implements mcp.EventStore.
func (s store) Open(ctx context.Context, session, stream string) error {
	err := s.EventStore.Open(ctx, session, stream)
	if err == nil {
		return nil
	}
	if s.log != nil {
		s.log.ErrorContext(ctx, "opening a stream failed", "setting", "StreamableHTTPOptions.EventStore", "error", err)
	}
	return errStore
}
