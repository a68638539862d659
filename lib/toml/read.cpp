/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toml++ behind a C face. It has no place for its memory but the heap of C++ and reports by
 * throwing; both end in this file: the tree is copied into an arena, and whatever is thrown becomes
 * an errno.
 *
 * toml++ destroys its tree by recursion, so what could nest deeply is refused before it sees it: it
 * limits values itself (TOML_MAX_NESTED_VALUES), but not the words of a dotted key.
 */

#include <cerrno>
#include <cstring>
#include <algorithm>
#include <new>
#include <string_view>
#include <vector>

namespace
{

struct misread {
};

[[noreturn]] void throw_misread()
{
	throw misread();
}

} // namespace

/* A header such as "[[[" ends in an assertion of toml++ 3.3 and not in its error. */
#define TOML_ASSERT(expression) \
	do { \
		if (!(expression)) \
			throw_misread(); \
	} while (false)
#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 64
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

extern "C" {
#include "toml/toml.h"
}

namespace
{

constexpr size_t max_dots = 8192;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/* From the lines and columns (of characters) that toml++ counts to bytes. */
class places
{
      public:
	explicit places(std::string_view all) : text(all)
	{
		size_t begin = all.substr(0, 3) == byte_order_mark ? 3 : 0;

		while (begin <= all.size()) {
			size_t end = std::min(all.find('\n', begin), all.size());

			lines.push_back({ begin, is_ascii(all.substr(begin, end - begin)) });
			begin = end + 1;
		}
	}

	size_t offset(const toml::source_position &at) const
	{
		const line &here = lines.at(at.line - 1);
		size_t offset = here.begin;

		if (here.ascii)
			return std::min(offset + at.column - 1, text.size());
		for (toml::source_index column = 1; column < at.column && offset < text.size();
			column++)
			offset += length(static_cast<unsigned char>(text[offset]));
		return std::min(offset, text.size());
	}

      private:
	struct line {
		size_t begin;
		bool ascii;
	};

	static bool is_ascii(std::string_view part)
	{
		return std::all_of(part.begin(), part.end(),
			[](char c) { return static_cast<unsigned char>(c) < 0x80; });
	}

	static size_t length(unsigned char first)
	{
		return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	}

	std::string_view text;
	std::vector<line> lines;
};

struct too_deep {
};

struct reader {
	std::string_view text;
	places where;
	struct wh_arena *arena;
};

wh_slice copy(reader &in, std::string_view from)
{
	wh_slice slice = { from.data(), from.size() };
	const char *kept = wh_arena_dup(in.arena, slice);

	if (kept == nullptr)
		throw std::bad_alloc();
	return { kept, from.size() };
}

void fill_scalar(reader &in, const toml::node &from, wh_toml_node &to)
{
	if (const auto *string = from.as_string()) {
		to.type = WH_TOML_STRING;
		to.string = copy(in, string->get());
	} else if (const auto *integer = from.as_integer()) {
		to.type = WH_TOML_INTEGER;
		to.integer = integer->get();
	} else if (const auto *boolean = from.as_boolean()) {
		to.type = WH_TOML_BOOLEAN;
		to.boolean = boolean->get();
	} else {
		to.type = WH_TOML_OTHER;
	}
}

/* A table that no header of its own introduces has the place of the first header it is a part of,
 * or of its word in a dotted key. */
wh_toml_form form_of(const reader &in, const toml::table &table, const wh_toml_node &node)
{
	if (table.is_inline())
		return WH_TOML_INLINE;
	if (node.begin >= in.text.size() || in.text[node.begin] != '[')
		return WH_TOML_DOTTED;
	if (node.key.data == nullptr || node.key_begin < node.begin || node.key_end > node.end)
		return WH_TOML_HEADER;
	for (size_t at = node.key_end; at < node.end; at++) {
		if (in.text[at] == '.')
			return WH_TOML_IMPLIED;
		if (in.text[at] == ']')
			break;
	}
	return WH_TOML_HEADER;
}

wh_toml_node *new_node(
	reader &in, const toml::node &from, const toml::key *key, wh_toml_node *parent)
{
	auto *node = static_cast<wh_toml_node *>(wh_arena_alloc(in.arena, sizeof(wh_toml_node)));

	if (node == nullptr)
		throw std::bad_alloc();
	node->parent = parent;
	node->begin = in.where.offset(from.source().begin);
	node->end = in.where.offset(from.source().end);
	node->line = from.source().begin.line;
	if (key != nullptr) {
		node->key = copy(in, key->str());
		node->key_begin = in.where.offset(key->source().begin);
		node->key_end = in.where.offset(key->source().end);
		node->line = key->source().begin.line;
	}
	return node;
}

wh_toml_node *copy_tree(reader &in, const toml::node &from, const toml::key *key,
	wh_toml_node *parent, unsigned depth)
{
	wh_toml_node *node = new_node(in, from, key, parent);
	std::vector<wh_toml_node *> children;

	if (depth > WH_TOML_MAX_DEPTH)
		throw too_deep();
	if (const auto *table = from.as_table()) {
		node->type = WH_TOML_TABLE;
		node->form = parent == nullptr ? WH_TOML_HEADER : form_of(in, *table, *node);
		for (auto &&[name, value] : *table)
			children.push_back(copy_tree(in, value, &name, node, depth + 1));
		/* toml++ keeps them by the alphabet. */
		std::sort(children.begin(), children.end(),
			[](auto *a, auto *b) { return a->key_begin < b->key_begin; });
	} else if (const auto *array = from.as_array()) {
		node->type = WH_TOML_ARRAY;
		for (auto &&value : *array)
			children.push_back(copy_tree(in, value, nullptr, node, depth + 1));
	} else {
		fill_scalar(in, from, *node);
	}
	for (size_t i = children.size(); i-- > 0;) {
		children[i]->next = node->first;
		node->first = children[i];
	}
	return node;
}

bool is_misread(std::string_view text)
{
	try {
		(void)toml::parse(text);
	} catch (const misread &) {
		return true;
	} catch (const toml::parse_error &) {
	}
	return false;
}

/* The line that toml++ stumbles over: the last of the shortest beginning that it stumbles over,
 * since it reads from front to back. */
unsigned misread_line(std::string_view text)
{
	std::vector<size_t> ends;
	size_t low = 0, high;

	for (size_t at = 0; at < text.size(); at = ends.back())
		ends.push_back(std::min(text.find('\n', at), text.size() - 1) + 1);
	high = ends.empty() ? 0 : ends.size() - 1;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (is_misread(text.substr(0, ends[middle])))
			high = middle;
		else
			low = middle + 1;
	}
	return static_cast<unsigned>(low) + 1;
}

int parse(std::string_view text, struct wh_arena *arena, struct wh_toml *ret)
{
	toml::table table = toml::parse(text);
	reader in = { text, places(text), arena };

	ret->root = copy_tree(in, table, nullptr, nullptr, 0);
	ret->text = { text.data(), text.size() };
	return 0;
}

int read(std::string_view text, struct wh_arena *arena, struct wh_toml *ret, struct wh_err *err)
{
	if (static_cast<size_t>(std::count(text.begin(), text.end(), '.')) > max_dots)
		return wh_fail(
			err, EFBIG, "1:1: more dots than a configuration has (%zu)", max_dots);
	try {
		return parse(text, arena, ret);
	} catch (const toml::parse_error &error) {
		std::string_view what = error.description();

		return wh_fail(err, EINVAL, "%u:%u: %.*s", error.source().begin.line,
			error.source().begin.column, static_cast<int>(what.size()), what.data());
	} catch (const misread &) {
		return wh_fail(
			err, EINVAL, "%u:1: this is no header of a table", misread_line(text));
	} catch (const too_deep &) {
		return wh_fail(err, EINVAL, "1:1: nested deeper than %d", WH_TOML_MAX_DEPTH);
	}
}

} // namespace

extern "C" int wh_toml_parse(
	struct wh_slice text, struct wh_arena *arena, struct wh_toml *ret, struct wh_err *err)
{
	std::string_view view(text.len == 0 ? "" : text.data, text.len);

	try {
		return read(view, arena, ret, err);
	} catch (const std::bad_alloc &) {
		return wh_fail_errno(err, ENOMEM, "1:1: cannot read it");
	} catch (...) {
		return wh_fail(err, EINVAL, "1:1: it cannot be read");
	}
}
