/* The sentences of the planner's table: Chinese in the scripts, English by this table where the page is English. */
window.Plans = window.Plans || {};
(function (Plans) {
  "use strict";

  const ENGLISH = {
  };
  const english = document.documentElement.lang.startsWith("en");

  /** A sentence in the page's language; {n} and the names of `more` are filled in. */
  Plans.t = (words, n, more = {}) => {
    const sentence = (english && ENGLISH[words]) || words;
    return sentence.replace(/\{(\w+)\}/g, (all, name) => (name === "n" ? n : name in more ? more[name] : all));
  };
})(window.Plans);
