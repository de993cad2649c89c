# The two commands that do everything: `make serve` and `make test`. Neither needs anything but Debian and Node 20.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash -euo pipefail

NODE_MODULES := node_modules/.package-lock.json
SOURCES = $(shell find server plugins templates docs/generate.ts -type f 2>/dev/null)
JEST := NODE_OPTIONS=--experimental-vm-modules node_modules/.bin/jest

INTO ?= var/repository
CHANNEL ?= stable

.PHONY: help serve build plugins test check format golden docs bench performance new-vendor clean

help: ## Say what there is to make
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

serve: build ## Install, build and start the server on its embedded default; data in ./var
	@node dist/server/main.js serve --development

build: dist/.built ## Compile server and plugins into dist/

# Not `npm ci`: it refuses a lock file without the optional packages of other systems, which not every registry has.
$(NODE_MODULES): package.json package-lock.json .npmrc
	@.ci/debian-packages build
	@echo 'Installing what Offhook is made of (minutes, the first time) …'
	@npm install --no-save --no-progress --loglevel=error
	@touch $@

dist/.built: $(NODE_MODULES) tsconfig.json tsconfig.build.json $(SOURCES)
	@rm -rf dist
	@node_modules/.bin/tsc -p tsconfig.build.json
	@for vendor in plugins/*/; do cp -r $${vendor}templates $${vendor}pkgs dist/$${vendor}; \
	  echo '{ "type": "module" }' > dist/$${vendor}package.json; done
	@cp -r templates dist/templates
	@chmod +x dist/server/main.js
	@touch $@

plugins: build ## Publish plugins/ into a repository: make plugins INTO=/srv/www/offhook KEY=key.pem CHANNEL=stable
	@node dist/server/main.js repository build plugins/*/ --into $(INTO) --channel $(CHANNEL) $(if $(KEY),--key $(KEY))

test: build ## Install what the tests need, and run them
	@.ci/debian-packages test
	@mkdir -p .cache && rm -f .cache/tests.json
	@$(JEST) --json --outputFile=.cache/tests.json $(ARGS)

check: $(NODE_MODULES) ## Format, lint, types, import table, generated docs
	@node_modules/.bin/biome check --error-on-warnings .
	@node_modules/.bin/tsc -p .
	@$(JEST) --silent tests/architecture tests/docs

format: $(NODE_MODULES) ## Put sources into the one format
	@node_modules/.bin/biome check --write --error-on-warnings .

golden: build ## Rewrite the golden files and transcripts; review the difference
	@UPDATE_GOLDEN=1 $(JEST) tests/plugins tests/cli/explain tests/dhcp-config/config

docs: build ## Write the generated pages of docs/ anew
	@node docs/write.mjs

bench: build ## Measure against others in one run and print the table; one part: make bench-templates
	@.ci/debian-packages bench
	@rm -rf .cache/bench && node_modules/.bin/tsc -p tsconfig.bench.json
	@ln -sfn ../../node_modules .cache/bench/node_modules
	@node .cache/bench/bench/run.js $(PARTS)

performance: build ## Measure all of it and write docs/performance.md
	@.ci/debian-packages bench
	@{ printf '# Performance\n\nWritten by `make performance`, on one machine, part by part. Ratios mean something elsewhere, figures do not.\n\n'; \
	  $(MAKE) --no-print-directory --silent bench; } > docs/performance.md.part && mv docs/performance.md.part docs/performance.md

bench-%:
	@$(MAKE) --no-print-directory bench PARTS=$*

new-vendor: $(NODE_MODULES) ## Scaffold a vendor package: make new-vendor V=acme
	@node templates/new-vendor/new-vendor.mjs "$(V)"

clean: ## Remove what was built and installed; data in ./var stays
	rm -rf dist node_modules .cache
