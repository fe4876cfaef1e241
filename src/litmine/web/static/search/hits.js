// Lists of hits without a box: similar papers, what is new in a saved search.
import { wireList } from "./list.js";

wireList();
document.documentElement.dataset.ready = "hits";
