package grpcauth

import (
	"context"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-go/postern/internal/challenge"
	"github.com/postern-go/postern/internal/guard"
)

// answer is a refusal as gRPC carries it.
type answer struct {
	status  *status.Status
	trailer metadata.MD
}

// refuse is the answer to a call that is refused for err.
func (i *Interceptor) refuse(ctx context.Context, err error) answer {
	asked := i.guard.Asked(err)
	row := i.table.For(asked.Bound).Answer(err, i.used(ctx), asked.Scopes...)
	code := codes.Code(row.Code)
	// The call itself has ended. The context tells that, and not the error: a
	// fetch of keys that ran into its own timeout is an outage.
	if code == codes.Unavailable && ctx.Err() != nil {
		return answer{status: status.FromContextError(ctx.Err())}
	}
	return answer{status: i.status(row), trailer: withFields(trailer(row), guard.ResponseOf(err))}
}

// used is the scheme of the credentials of a call. It is "" if the
// Authenticator has only one.
func (i *Interceptor) used(ctx context.Context) string {
	if !i.guard.Several() {
		return ""
	}
	return i.guard.Scheme(presentedIn(ctx).fields)
}

// statusKey tells apart the statuses that are the same at every call.
type statusKey struct {
	reason, message string
	retryAfter      int
}

// status is the row as a status. Encoding its details takes longer than the
// decision, so one that is the same at every call is made once. The table has a
// fixed number of sentences and of seconds to wait. The user's own sentences
// have no limit, and are not kept.
func (i *Interceptor) status(row challenge.Answer) *status.Status {
	if row.Metadata != nil || row.Own {
		return newStatus(row)
	}
	key := statusKey{row.Reason, row.Message, row.RetryAfter}
	if made, ok := i.statuses.Load(key); ok {
		return made.(*status.Status)
	}
	made, _ := i.statuses.LoadOrStore(key, newStatus(row))
	return made.(*status.Status)
}

func newStatus(row challenge.Answer) *status.Status {
	st := status.New(codes.Code(row.Code), row.Message)
	if detailed, err := st.WithDetails(details(row)...); err == nil {
		st = detailed
	}
	return st
}

func details(row challenge.Answer) []protoadapt.MessageV1 {
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: row.Reason, Domain: row.Domain, Metadata: row.Metadata},
	}
	if row.RetryAfter > 0 {
		wait := time.Duration(row.RetryAfter) * time.Second
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	}
	return details
}

// withFields is md with the fields that the Authenticator asked for.
func withFields(md metadata.MD, r guard.Response) metadata.MD {
	for name, value := range r {
		if name == "Vary" {
			continue // there are no caches
		}
		md = metadata.Join(md, metadata.Pairs(name, value))
	}
	return md
}

func trailer(row challenge.Answer) metadata.MD {
	if len(row.Challenges) == 0 {
		return nil
	}
	return metadata.MD{"www-authenticate": append([]string(nil), row.Challenges...)}
}
