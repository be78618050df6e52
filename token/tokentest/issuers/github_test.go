package issuers_test

import (
	"github.com/postern-go/postern/token/tokentest"
	"github.com/postern-go/postern/token/tokentest/issuers"
)

func githubRecipes() []recipe {
	job := issuers.GitHubActions().Machine
	return []recipe{{
		shape:   issuers.GitHubActions(),
		machine: true,
		more: map[string]tokentest.Edit{
			"machine, pull request": tokentest.Edits(job,
				tokentest.Claim("event_name", "pull_request"), tokentest.Claim("ref", "refs/pull/17/merge"), tokentest.WithoutClaim("environment"),
				tokentest.Subject("repo:octo-org@123456/octo-repo@456789:pull_request"),
				tokentest.Claim("job_workflow_ref", "octo-org/octo-repo/.github/workflows/test.yml@refs/pull/17/merge")),
			"machine, pull request of a stranger, pull_request_target": tokentest.Edits(job,
				tokentest.Claim("event_name", "pull_request_target"), tokentest.Claim("head_ref", "patch-1"), tokentest.Claim("base_ref", "main"),
				tokentest.Claim("actor", "mallory"), tokentest.WithoutClaim("environment"),
				tokentest.Subject("repo:octo-org@123456/octo-repo@456789:pull_request"),
				tokentest.Claim("job_workflow_ref", "octo-org/octo-repo/.github/workflows/label.yml@refs/heads/main")),
			"machine, any other repository": tokentest.Edits(job,
				tokentest.Claim("repository", "mallory/octo-repo"), tokentest.Claim("repository_id", "987654"),
				tokentest.Claim("repository_owner", "mallory"), tokentest.Claim("repository_owner_id", "666")),
			"machine, other repository of the owner": tokentest.Edits(job,
				tokentest.Claim("repository", "octo-org/other"), tokentest.Claim("repository_id", "456790")),
			"machine, a name that was given up": tokentest.Edits(job,
				tokentest.Claim("repository_id", "987654"), tokentest.Claim("repository_owner_id", "666")),
			"machine, transferred repository":  tokentest.Edits(job, tokentest.Claim("repository_owner_id", "777")),
			"machine, number and not text":     tokentest.Edits(job, tokentest.Claim("repository_id", 456789)),
			"machine, no audience asked for":   tokentest.Edits(job, tokentest.Audience("https://github.com/octo-org")),
			"machine, enterprise's own issuer": tokentest.Edits(job, tokentest.Claim("iss", "https://token.actions.githubusercontent.com/octo-enterprise")),
		},
	}}
}
